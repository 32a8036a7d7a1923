(code) => {
  const link = location.origin + location.pathname + (code ? '#gan=' + code : '#gan=');
  // where the browser forbids it, the link is in the box to be copied by hand
  navigator.clipboard?.writeText(link).catch(() => {});
  return link;
}
