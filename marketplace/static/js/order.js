// The order page keeps itself fresh: a word that changes with the order is asked for, rarely when nothing happens.
const watch = document.querySelector("[data-watch]");
let pause = 4000;
const look = async () => {
  if (!document.hidden) {
    try {
      const answer = await fetch(watch.dataset.watch, { headers: { Accept: "application/json" } });
      if (answer.ok && (await answer.json()).stamp !== watch.dataset.stamp && !document.querySelector("form:focus-within")) {
        return location.reload();
      }
    } catch { /* a weak signal comes back */ }
    pause = Math.min(pause * 1.3, 60000);
  }
  setTimeout(look, pause);
};
if (watch) setTimeout(look, pause);
