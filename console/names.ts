// The names that the interface has for providers and for the states of events.

export const PROVIDERS = ['smartcar', 'telematica', 'telemax'] as const;

export const STATES = ['pending', 'unmapped', 'held', 'delivered', 'skipped', 'dead'] as const;
export type State = (typeof STATES)[number];
