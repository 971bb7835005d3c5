// What the package exports, with or without a module of its own.

export {
  answerChallenge,
  generateSecret,
  receive,
  receiveCallback,
  sign,
  toCartrack,
  verify,
} from './api.js';
