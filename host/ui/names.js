() => {
  // Gradio leaves buttons that hold nothing but a picture without a name, and names empty pictures
  // in a way that screen readers do not hear.
  const name = () => {
    for (const each of document.querySelectorAll('[aria-label="Empty value"]:not([role])')) {
      each.setAttribute('role', 'img');
    }
    for (const each of document.querySelectorAll('button:not([aria-label]):has(img)')) {
      if (each.textContent.trim() || each.querySelector('img').alt) continue;
      const block = each.closest('.block');
      const label = block && block.querySelector('[data-testid=block-label], .label');
      const told = (label && label.textContent.trim()) || 'Picture';
      const others = [...each.parentElement.querySelectorAll(':scope > button')];
      const number = others.length > 1 ? `, ${others.indexOf(each) + 1}` : '';
      each.setAttribute('aria-label', told + number);
    }
  };
  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    setTimeout(() => { due = false; name(); }, 100);
  }).observe(document.body, { childList: true, subtree: true });
  name();
}
