// `node:crypto` where there is one: in Workers it depends on their compatibility flags.

export default globalThis.process?.getBuiltinModule?.('node:crypto');
