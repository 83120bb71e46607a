// Starts the page's own check (lot-page.js) when the steps come into view, so that the first view stays light; on a
// saved line only when asked.
const box = document.querySelector("[data-check]");
if (box) {
  const said = box.querySelector("[data-check-said]"), again = box.querySelector("[data-check-again]");
  const start = async () => {
    try {
      const { run } = await import(box.dataset.page);
      await run();
    } catch { said.textContent = "Chưa kiểm được: mạng chậm hoặc trình duyệt quá cũ."; }
    again.hidden = false;
  };
  again.addEventListener("click", start);
  if (navigator.connection?.saveData || !window.IntersectionObserver) {
    said.textContent = "Máy này tự kiểm được từng bước. Bạn đang tiết kiệm dữ liệu, nên hãy bấm nút khi muốn kiểm.";
    again.hidden = false;
  } else {
    const watch = new IntersectionObserver((seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      watch.disconnect();
      start();
    });
    watch.observe(box);
  }
}
