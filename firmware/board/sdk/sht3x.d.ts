/** The SDK has no declarations of its sensors: the manifests give it this one. */
declare module "embedded:sensor/Humidity-Temperature/SHT3x" {
  const SHT3x: new (options: object) => object;
  export default SHT3x;
}
