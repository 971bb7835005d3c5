// The packages that the benchmarks compare with. They are resolved from here.

export { verify as octokitVerify } from '@octokit/webhooks-methods';
export { Webhook as StandardWebhook } from 'standardwebhooks';
export { Webhook as SvixWebhook } from 'svix';
