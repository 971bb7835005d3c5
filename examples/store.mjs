// Stands for your database or queue. What is stored must be durable before the provider gets its 2xx: it
// sends again what it got no 2xx for, and nothing else.

/** Stores what a genuine delivery says: events of vehicles, or changes of who has which vehicle. */
export async function store(received) {
  console.log(JSON.stringify(received));
}
