// Lists by pages, as Telemax has them.

/** One page of a list in the vendor's form. */
export function paged(all, query) {
  const [page, size] = ['page', 'pageSize'].map((name) =>
    Number(query.get(name) ?? (name === 'page' ? 1 : 50)),
  );
  const items = all.slice((page - 1) * size, page * size);
  return {
    items,
    totalResults: all.length,
    lastResultIndex: (page - 1) * size + items.length,
    currentPage: page,
    numberOfPages: Math.ceil(all.length / size),
  };
}
