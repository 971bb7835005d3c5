/** The core, for `weighbridge/slim`. */
declare const module: WebAssembly.Module;
export default module;
