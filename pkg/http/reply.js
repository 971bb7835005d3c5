// What a received delivery is answered with.

const HEADERS = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** The reply to a delivery: `{ status, headers, body }`, the body as text. */
export function replyTo(received) {
  const { status, content, headers } = answer(received);
  return { status, headers: { ...HEADERS, ...headers }, body: JSON.stringify(content) };
}

function answer(received) {
  switch (received?.kind) {
    case 'challenge':
      return { status: 200, content: { challenge: received.reply.challenge } };
    case 'events':
      return events(received.events);
    case 'mappings':
      return { status: 200, content: { outcome: mappingOutcome(received.changes), events: [] } };
    case 'rejected':
      return {
        status: received.status,
        content: { error: received.code, message: received.message },
        headers: received.status === 405 ? { allow: 'POST' } : {},
      };
    default:
      throw new TypeError(
        'There is no reply to this: it is not what a delivery was received as. Is an await missing?',
      );
  }
}

function events(events) {
  const outcomes = events.map(({ provider_event_id: id, skip: reason }) =>
    reason ? { id, outcome: 'skipped', reason } : { id, outcome: 'accepted' },
  );
  const accepted = outcomes.some(({ outcome }) => outcome === 'accepted');
  const content = { outcome: accepted ? 'accepted' : 'skipped', events: outcomes };
  return { status: accepted ? 202 : 200, content };
}

function mappingOutcome(changes) {
  if (changes.some(({ action }) => action === 'upsert')) return 'mapping_updated';
  return changes.length > 0 ? 'mapping_removed' : 'skipped';
}
