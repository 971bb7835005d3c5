// weighbridge/node: middleware for Express and Connect, a plugin for Fastify, and plain node:http.

export { fastifyWeighbridge } from './http/fastify.js';
export { receiveIncoming, respond } from './http/incoming.js';
export { weighbridge } from './http/middleware.js';
