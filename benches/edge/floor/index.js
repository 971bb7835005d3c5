// The floor: a Worker that reads the body and answers. What it costs, every Worker costs.

export default {
  async fetch(request) {
    const { byteLength } = await request.arrayBuffer();
    return Response.json({ outcome: 'accepted', bytes: byteLength }, { status: 202 });
  },
};
