// What the bundler makes of files that are no code: their address.

declare module '*.wasm' {
  const url: string;
  export default url;
}
