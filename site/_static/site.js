// What the theme leaves to do: a role for its menu, names for the switches in it, and paper that is light.
document.addEventListener("DOMContentLoaded", () => {
  const menu = document.querySelector(".bd-sidebar-primary");
  menu?.setAttribute("role", "navigation");
  menu?.setAttribute("aria-label", "The whole site");
  for (const summary of document.querySelectorAll("nav summary:not([aria-label])")) {
    const link = summary.closest("li")?.querySelector("a");
    if (link) summary.setAttribute("aria-label", `Pages of ${link.textContent.trim()}`);
  }
});
let shown;
addEventListener("beforeprint", () => {
  shown = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  document.documentElement.dataset.theme = shown;
});
