// Starts the demos of a page. The script of a demo is loaded when the demo comes near the window; it calls
// `seglabDemos.take` with its module and styles. Plain scripts, so that pages work from a file, too.
const seglabDemos = {
  modules: {},
  take(name, module, css) {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    const source = new Blob([module], { type: "text/javascript" });
    this.modules[name] = import(URL.createObjectURL(source));
  },
  script(name) {
    return new Promise((resolve, reject) => {
      if (name in this.modules) return resolve();
      const script = document.createElement("script");
      const root = document.documentElement.dataset.content_root ?? "./";
      Object.assign(script, { src: `${root}_static/demos/${name}.js`, onload: resolve, onerror: reject });
      document.head.append(script);
    });
  },
  unpacked(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  },
  async start(holder) {
    const { demo: name } = holder.dataset;
    await this.script(name);
    const { default: demo } = await this.modules[name];
    holder.model = modelOf(JSON.parse(await this.unpacked(holder.querySelector("script").textContent), withBytes));
    const el = document.createElement("div");
    holder.append(el);
    demo.render({ model: holder.model, el });
    holder.querySelector("img").hidden = true;
  },
};
document.addEventListener("DOMContentLoaded", () => {
  const near = new IntersectionObserver(
    (entries) => {
      for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
        near.unobserve(target);
        seglabDemos.start(target);
      }
    },
    { rootMargin: "1000px" },
  );
  for (const holder of document.querySelectorAll(".seglab-live")) near.observe(holder);
});
