/** Greys the page unless it was told a moment ago that what it shows is live. No imports: it also
 * notices that the rest of the page has failed. */
(() => {
  /** Longest time between two beats of the page [ms]. */
  const BEAT_MS = 2000;
  const root = document.documentElement;
  let beatAt = performance.now();

  /** Shows whether the page is live, and says why it is not. */
  const show = (isLive, word) => {
    root.classList.toggle('grey', !isLive);
    const said = document.getElementById('live-said');
    if (said && said.textContent !== word) said.textContent = word;
  };

  document.addEventListener('beat', ({ detail }) => {
    beatAt = performance.now();
    show(detail.isLive, detail.word);
  });
  setInterval(() => {
    if (performance.now() - beatAt > BEAT_MS) {
      show(false, 'This page does not run: what it shows is old. Load it again. STOP still works.');
    }
  }, 250);
})();
