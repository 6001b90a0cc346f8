// Declared, so that the compiler does not work out the type of a megabyte of coordinates.
declare module 'world-atlas/countries-50m.json' {
  const atlas: unknown;
  export default atlas;
}
