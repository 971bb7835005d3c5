// Node: a plain require.
const { readFileSync } = require('node:fs');
const weighbridge = require('weighbridge');

import('./check.mjs').then(({ check }) => {
  console.log(JSON.stringify(check(weighbridge, JSON.parse(readFileSync('cases.json', 'utf8')))));
});
