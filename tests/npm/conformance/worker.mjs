// Workers: a plain import; the wasm is a module of the deployment.
import * as weighbridge from 'weighbridge';
import { check } from './check.mjs';

export default {
  async fetch(request) {
    return Response.json(check(weighbridge, await request.json()));
  },
};
