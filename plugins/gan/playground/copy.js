(code) => {
  const link = `${location.origin}${location.pathname}?tab=gan/playground#gan=${code || ''}`;
  // where the browser forbids it, the link is in the box to be copied by hand
  navigator.clipboard?.writeText(link).catch(() => {});
  return link;
}
