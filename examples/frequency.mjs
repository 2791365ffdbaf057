// A generator as a module: the default export is called for each device, what it returns for each sample.
export default ({ options, random }) => {
  const offset = (random() - 0.5) / 100;
  return (time) => options.nominal + offset + Math.sin(time / 7) / 50;
};
