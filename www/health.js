// Shows whether the gateway that serves this page is up.

const line = document.getElementById('health');

function show(state, text) {
  line.className = `health ${state}`;
  line.textContent = text;
}

try {
  const reply = await fetch('/healthz', { cache: 'no-store' });
  const { status, version } = await reply.json();
  if (!reply.ok || status !== 'ok') throw new Error(`it answers ${reply.status}`);
  show('up', `The gateway is up, version ${version}.`);
} catch (error) {
  show('down', `The gateway is not up: ${error.message}. Its log says more.`);
}
