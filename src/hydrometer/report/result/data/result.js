"use strict";
(() => {
  const value = (row, column) => (row.cells[column]?.textContent ?? "").trim();
  const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const number = (text) => {
    const plain = text.replace(/[\s,]/g, "").replace(/−/g, "-");
    const power = plain.match(/10(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/);
    if (power) {
      const digits = [...power[2]].map((c) => superscripts.indexOf(c)).join("");
      const lead = parseFloat(plain) || 1;
      const exponent = (power[1] ? -1 : 1) * Number(digits);
      return plain.startsWith("10") ? exponent : exponent + Math.log10(lead);
    }
    const found = plain.match(/[-+]?\d*\.?\d+/);
    return found ? Number(found[0]) : null;
  };
  const powers = (rows, column) => rows.some((row) => /10⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]/.test(value(row, column)));
  const sort = (table, column, head) => {
    const down = head.getAttribute("aria-sort") !== "descending";
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const log = powers(rows, column);
    const key = (row) => {
      const text = value(row, column);
      if (!(head.classList.contains("n") || getComputedStyle(head).textAlign === "right") || /^\d{4}-\d\d-\d\d/.test(text)) return text.toLowerCase();
      const read = number(text);
      if (read === null) return -Infinity;
      return log && !/10⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]/.test(text) ? Math.log10(Math.max(read, 1e-300)) : read;
    };
    const keyed = rows.map((row) => [key(row), row]);
    keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...keyed.map(([, row]) => row));
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    if (table.tBodies[0].rows.length < 3 || table.classList.contains("last-is-sum")) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, column, head));
      head.append(button);
    });
  }
  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
  const inView = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) inView[isIntersecting ? "add" : "delete"](target.id);
    let marked = false;
    for (const [id, link] of links) {
      const here = !marked && inView.has(id);
      link.toggleAttribute("aria-current", here);
      marked ||= here;
    }
  });
  for (const id of links.keys()) {
    const target = document.getElementById(id);
    if (target) watch.observe(target);
  }
})();
