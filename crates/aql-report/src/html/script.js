"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const levels = ["informational", "low", "medium", "high", "critical"];
  const groups = [...document.querySelectorAll(".group")].map((group) => ({
    group,
    name: group.querySelector("h3").textContent.toLowerCase(),
    lines: group.querySelector(".lines"),
    events: [...group.querySelectorAll(".event")].map((event) => ({
      event,
      level: levels.indexOf(event.dataset.level),
      text: null,
    })),
  }));
  const all = groups.reduce((n, g) => n + g.events.length, 0);
  const output = form.querySelector("output");
  const apply = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const least = Number(form.elements.level.value);
    let shown = 0;
    for (const g of groups) {
      let here = 0;
      for (const e of g.events) {
        e.text ??= g.name + " " + e.event.textContent.toLowerCase();
        const fits = e.level >= least && words.every((word) => e.text.includes(word));
        e.event.hidden = !fits;
        here += fits;
      }
      g.group.hidden = here === 0;
      shown += here;
    }
    output.textContent = words.length || least ? `${shown} of ${all} events` : "";
  };
  let wait;
  form.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(apply, 120);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.open.addEventListener("click", () => {
    const closed = document.querySelectorAll("details.event:not([open]):not([hidden])");
    const open = closed.length > 0;
    for (const event of document.querySelectorAll("details.event")) event.open = open;
    form.elements.open.textContent = open ? "Close all" : "Open all";
  });
  form.hidden = false;
})();
