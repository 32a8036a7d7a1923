() => {
  const targets = TARGETS;
  const asked = new URLSearchParams(location.search);
  const path = (asked.get('tab') || '').toLowerCase().split('/').filter(Boolean);
  const opened = path.join('/');

  const word = (text) => text.trim().toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  const follow = () => {
    const chosen = [...document.querySelectorAll('button[role=tab][aria-selected=true]')].filter(
      (each) => each.offsetParent !== null,
    );
    const address = new URL(location);
    address.search = '';
    const now = chosen.map((each) => word(each.textContent)).join('/');
    if (now) address.search = `?tab=${now}`;
    if (address.href !== location.href) history.replaceState(null, '', address);
  };
  if (!window.triptychFollowsTabs) {
    window.triptychFollowsTabs = true;
    const tabs = '[role=tab], .overflow-dropdown button, .card button';
    document.addEventListener('click', (event) => {
      if (event.target.closest && event.target.closest(tabs)) setTimeout(follow, 100);
    });
  }

  const value = ({ kind, choices }, text) => {
    if (kind === 'number') return text.trim() === '' || !isFinite(text) ? undefined : Number(text);
    if (kind === 'truth') return ['1', 'true', 'yes', 'on'].includes(text.toLowerCase());
    if (kind === 'choice') return choices.find((each) => String(each) === text);
    return text;
  };
  return targets.map((target) => {
    const changed = { __type__: 'update' };
    const within = target.tab ? target.tab.split('/') : [];
    if (target.tabs) {
      const next = path[within.length];
      const outside = within.every((each, depth) => each === path[depth]);
      if (outside && next in target.tabs) changed.selected = target.tabs[next];
    } else if (asked.has(target.name) && opened && `${target.tab}/`.startsWith(`${opened}/`)) {
      const given = value(target, asked.get(target.name));
      if (given !== undefined) changed.value = given;
    }
    return changed;
  });
}
