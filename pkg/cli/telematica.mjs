// weighbridge telematica: the consent link of Telematica's Connect UI, and a check of both its hooks.

import { group } from './command.mjs';
import { check } from './telematica/check.mjs';
import { connectUrl } from './telematica/connect-url.mjs';

export const telematica = group({
  name: 'telematica',
  summary: "makes Telematica's consent link, and checks a gateway's hooks for it",
  commands: [connectUrl, check],
  help: `A user connects vehicles at the link; Telematica then tells the endpoints that you registered there, through
Svix or with the legacy callback. The check posts what Telematica posts, and moves nothing on.
`,
});
