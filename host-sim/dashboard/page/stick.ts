import { useLayoutEffect, useRef } from "preact/hooks";

/** Pixels from the end within which a person has not scrolled away from it. */
const NEAR = 24;

/** Keeps a list scrolled to its end while lines come, unless a person has scrolled up to read. */
export function useStickToEnd(lines: readonly unknown[]) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    const element = box.current as HTMLDivElement;
    const onScroll = (): void => {
      const { scrollHeight, scrollTop, clientHeight } = element;
      isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR;
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => element.removeEventListener("scroll", onScroll);
  }, []);
  useLayoutEffect(() => {
    if (isAtEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return box;
}
