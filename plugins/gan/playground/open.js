() => {
  // A link with a game in it opens the playground, which waits behind two tabs. On a narrow screen
  // Gradio keeps them as plain buttons in the menu of what does not fit.
  if (!location.hash.startsWith('#gan=')) return;
  let tries = 0;
  const names = ['GAN', 'Playground'];
  const next = () => {
    const tab = [...document.querySelectorAll('button[role=tab], .overflow-dropdown button')].find(
      (each) => each.textContent.trim() === names[0],
    );
    if (tab) { tab.click(); names.shift(); }
    if (names.length && tries++ < 100) setTimeout(next, 100);
  };
  next();
}
