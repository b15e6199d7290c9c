"use strict";
// What the page does beyond standing there: filter, sort, open a row, copy a command, change the light.
// All text of the results is put on the page as text (textContent), never as markup.
(() => {
  const byId = id => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const data = JSON.parse(byId("data").textContent);

  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children.filter(child => child !== null));
    return made;
  };

  // Theme: system, light, dark. Remembered where the browser lets a page from disk remember.
  const themes = ["system", "light", "dark"];
  const remember = {
    get: () => { try { return localStorage.getItem("quantsuite-theme"); } catch { return null; } },
    set: value => { try { localStorage.setItem("quantsuite-theme", value); } catch { /* then it lasts as long as the page */ } },
  };
  const themeButton = byId("theme");
  const setTheme = theme => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    themeButton.textContent = "Theme: " + theme;
    themeButton.value = theme;
  };
  setTheme(themes.includes(remember.get()) ? remember.get() : "system");
  themeButton.hidden = false;
  themeButton.addEventListener("click", () => {
    const next = themes[(themes.indexOf(themeButton.value) + 1) % themes.length];
    setTheme(next);
    remember.set(next);
  });

  // Copy buttons, where the browser has a clipboard for us.
  const copyButton = button => {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      const label = button.innerHTML;
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.innerHTML = label; }, 1500);
    });
  };
  all(".copy").forEach(copyButton);

  // A chunk of details: base64, inflated by the browser and parsed when first asked for.
  const chunks = new Map();
  const inflated = async number => {
    const bytes = Uint8Array.from(atob(byId("chunk-" + number).textContent), character => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  };
  const chunk = number => {
    if (!chunks.has(number)) chunks.set(number, inflated(number));
    return chunks.get(number);
  };
  const detailOf = async ([, , , , , number, place]) => {
    const { items, rows } = await chunk(number);
    return { row: rows[place], items: await chunk(items) };
  };

  const table = byId("table");
  if (!table) return;
  const body = table.tBodies[0];
  const lines = [...body.rows].map((line, index) => {
    const place = data.rows[index];
    const key = place.slice(0, 5).map(name => data.names[name]);
    const [model, recipe, task, ability, verdict] = key;
    return { line, place, model, recipe, task, ability, verdict, text: key.join(" ").toLowerCase(), index, detail: null };
  });
  const lineOf = new Map(lines.map(entry => [entry.line, entry]));

  // Filters
  const form = byId("filters");
  const selects = ["verdict", "model", "recipe", "task", "ability"];
  // Of the rows that match, so many are laid out; the rest wait for a button. A table of thousands of rows costs the browser a second at every touch.
  const pageSize = 200;
  const moreRows = byId("more-rows");
  let shownLimit = pageSize, order = lines;
  const show = (entry, visible) => {
    if (entry.line.hidden === visible) entry.line.hidden = !visible;
    if (entry.detail) entry.detail.hidden = !visible || !isOpen(entry);
  };
  const filter = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(word => word);
    const wanted = selects.map(name => [name, form.elements[name].value]).filter(([, value]) => value);
    let count = 0;
    for (const entry of order) {
      entry.match = wanted.every(([name, value]) => value === entry[name]) && words.every(word => entry.text.includes(word));
      show(entry, entry.match && count < shownLimit);
      if (entry.match) count++;
    }
    byId("shown").textContent = `${count} of ${lines.length} rows`;
    byId("nothing").hidden = count > 0;
    moreRows.hidden = count <= shownLimit;
    moreRows.firstElementChild.textContent = `Show ${Math.min(pageSize, count - shownLimit)} more of ${count - shownLimit}`;
  };
  moreRows.firstElementChild.addEventListener("click", () => {
    const next = order.filter(entry => entry.match)[shownLimit];
    shownLimit += pageSize;
    filter();
    next?.line.querySelector(".open").focus();
  });
  form.hidden = false;
  form.addEventListener("input", () => { shownLimit = pageSize; filter(); });
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => { shownLimit = pageSize; setTimeout(filter); });
  all("[data-reset]").forEach(button => button.addEventListener("click", () => { form.reset(); form.elements.text.focus(); }));
  all(".show").forEach(button => {
    button.hidden = false;
    button.addEventListener("click", () => {
      form.reset();
      form.elements.verdict.value = button.dataset.verdict;
      setTimeout(() => { filter(); byId("rows").scrollIntoView(); form.elements.verdict.focus({ preventScroll: true }); });
    });
  });

  // Sorting: by number where cells carry one, else by their text; rows without a value come last either way.
  const naturally = new Intl.Collator("en", { numeric: true }).compare;
  const keyOf = (line, column) => {
    const cell = line.cells[column];
    return cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v === "" ? null : Number(cell.dataset.v);
  };
  const compare = (a, b) => typeof a === "number" ? a - b : naturally(a, b);
  const sort = (column, direction) => {
    const keyed = lines.map(entry => ({ entry, index: entry.index, key: keyOf(entry.line, column) }));
    keyed.sort((a, b) => a.key === null || b.key === null
      ? (a.key === null) - (b.key === null) || a.index - b.index
      : direction * compare(a.key, b.key) || a.index - b.index);
    order = keyed.map(({ entry }) => entry);
    body.append(...order.flatMap(entry => entry.detail ? [entry.line, entry.detail] : [entry.line]));
    filter();
  };
  const headers = all("thead th", table);
  headers.forEach((header, column) => {
    const button = header.firstElementChild;
    button.disabled = false;
    button.addEventListener("click", () => {
      const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      headers.forEach(other => other.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      sort(column, direction);
    });
  });

  // A row's detail is built when it is first opened.
  const isOpen = entry => entry.line.querySelector(".open").getAttribute("aria-expanded") === "true";
  const toggle = async (entry, open = !isOpen(entry)) => {
    const button = entry.line.querySelector(".open");
    button.setAttribute("aria-expanded", String(open));
    if (!entry.detail) {
      const cell = element("td", { colSpan: headers.length });
      entry.detail = element("tr", { className: "detail", id: "detail-" + entry.index }, cell);
      entry.line.after(entry.detail);
      button.setAttribute("aria-controls", entry.detail.id);
      cell.append(panel(entry, await detailOf(entry.place)));
    }
    entry.detail.hidden = !isOpen(entry);
  };
  body.addEventListener("click", event => {
    const entry = lineOf.get(event.target.closest("tr"));
    if (entry && (event.target.closest(".open") || String(getSelection()) === "")) toggle(entry);
  });

  // A link to a row opens it, also when a filter hides it.
  const reveal = async () => {
    const entry = lines.find(e => e.line.id === decodeURIComponent(location.hash.slice(1)));
    if (!entry) return;
    if (!entry.match) { form.reset(); setTimeout(reveal); return; }
    const position = order.filter(e => e.match).indexOf(entry);
    if (position >= shownLimit) { shownLimit = (Math.floor(position / pageSize) + 1) * pageSize; filter(); }
    await toggle(entry, true);
    entry.line.scrollIntoView();
    entry.line.querySelector(".open").focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", event => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) reveal();
  });

  // The detail's parts
  const panel = ({ model, recipe, task }, { row, items }) => {
    const name = `${model} · ${task} · ${recipe}`;
    return element("div", { className: "panel" },
      element("h3", {}, name),
      element("p", { className: "words" }, row.words),
      command("Look closer", row.commands[0]),
      command("Accept", row.commands[1]),
      element("div", { className: "columns" }, metrics(row), deltas(row)),
      answers(row),
      changes(row, items, "approved", "the approved run", "approved"),
      changes(row, items, "full", "fp32", "fp32"),
      changes(row, items, "other", "the other run", "other run"),
      element("h3", {}, "Settings, identity, cost"),
      facts(row.facts.concat(data.environments[row.environment])));
  };

  const command = (label, text) => {
    const button = element("button", { type: "button", className: "copy quiet" }, "Copy", element("span", { className: "sr" }, " command: " + label));
    const line = element("p", { className: "command" }, element("span", {}, label), element("code", {}, text), button);
    copyButton(button);
    return line;
  };

  const heads = names => element("thead", {}, element("tr", {}, ...names.map((name, i) => element("th", { scope: "col", className: i ? "n" : "" }, name))));

  const metrics = row => element("div", {}, element("h3", {}, "Metrics"),
    element("table", {}, heads(["Metric", "Value", "± SE", "Unit"]),
      element("tbody", {}, ...row.metrics.map(([name, ...cells]) => element("tr", {}, element("th", { scope: "row" }, name),
        ...cells.map(cell => element("td", { className: "n" }, cell)))))));

  const deltas = row => element("div", {}, element("h3", {}, "Paired change of the mean score"),
    element("table", {}, element("tbody", {}, ...row.deltas.map(([label, change]) =>
      element("tr", {}, element("th", { scope: "row" }, label), element("td", {}, change))))),
    ...row.power.map(sentence => element("p", { className: "sub" }, sentence)));

  // The answer characters, 50 a line as in the baseline file, with the changed ones marked.
  const answers = row => {
    if (row.kind !== 0) return null;
    const [ways, name] = row.approvedWays ? [row.approvedWays, "the approved run's"] : row.fullWays ? [row.fullWays, "fp32's"] : ["", ""];
    const strip = element("pre", { className: "strip", tabIndex: 0 });
    strip.setAttribute("role", "group");
    strip.setAttribute("aria-label", "Answers of all items");
    const width = String(row.codes.length).length;
    for (let start = 0; start < row.codes.length; start += 50) {
      strip.append(element("b", {}, String(start + 1).padStart(width) + "  "));
      for (let i = start; i < Math.min(start + 50, row.codes.length); i++)
        strip.append((ways[i] ?? " ") === " " ? row.codes[i] : element("mark", { className: ways[i], title: `item ${i + 1}` }, row.codes[i]));
      strip.append("\n");
    }
    strip.normalize();
    return element("div", {}, element("h3", {}, "Answers"),
      element("p", { className: "sub" }, "One character an item: the chosen letter, upper case if right; + or − for generated answers."
        + (ways ? ` Marked: other than ${name}.` : "")), strip);
  };

  const changes = (row, items, key, run, name) => {
    const list = row[key];
    if (!list) return null;
    const count = row[key + "Count"];
    const title = row.kind === 0 ? `Items that differ from ${run}` : `Items whose score moved most against ${run}`;
    const section = element("div", {}, element("h3", {}, row.kind === 0 ? `${title}: ${count}` : title));
    const page = 10;
    const more = from => {
      section.append(...list.slice(from, from + page).map(change => item(row, items, change, name)));
      if (from + page >= list.length) {
        if (count > list.length) section.append(element("p", { className: "sub" }, `${count - list.length} more are in the result file.`));
        return;
      }
      const button = element("button", { type: "button", className: "quiet" }, `Show ${Math.min(page, list.length - from - page)} more`);
      button.addEventListener("click", () => {
        const last = section.lastElementChild.previousElementSibling;
        button.remove();
        more(from + page);
        last.nextElementSibling?.querySelector("summary")?.focus();
      });
      section.append(button);
    };
    more(0);
    return section;
  };

  const wayNames = [["l", "lost", "fell"], ["g", "gained", "rose"], ["m", "other", "moved"]];
  const item = (row, items, [number, index, way, now, nowLikelihoods, before, beforeLikelihoods, scoreBefore, score], name) => {
    const [id, prompt, choices, expected] = items[number];
    const words = answer => typeof answer === "number" ? choices[answer] : answer;
    const brief = `${words(before).trim() || "(nothing)"} → ${words(now).trim() || "(nothing)"}`;
    const details = element("details", { className: "item" }, element("summary", {},
      element("span", { className: "way " + wayNames[way][0] }, wayNames[way][row.kind === 0 ? 1 : 2]), ` ${index + 1} `, element("code", {}, id), " ",
      element("span", { className: "brief", dir: "auto" }, row.kind === 0 ? brief.slice(0, 140) : `${figure(scoreBefore)} → ${figure(score)}`)));
    details.addEventListener("toggle", () => {
      if (details.childElementCount > 1) return;
      details.append(element("div", {},
        prompt ? element("pre", { className: "prompt", dir: "auto", tabIndex: 0 }, prompt) : null,
        choices.length > 0
          ? choiceTable(choices, expected, now, nowLikelihoods, before, beforeLikelihoods, name)
          : answerTable(row, expected, words(now), nowLikelihoods, words(before), beforeLikelihoods, scoreBefore, score, name)));
    }, { once: true });
    return details;
  };

  const figure = value => value === undefined ? "" : typeof value === "number" ? value.toFixed(3).replace("-", "−") : value;

  const choiceTable = (choices, expected, now, nowLikelihoods, before, beforeLikelihoods, name) =>
    element("table", {}, heads(["Choice", "ln p now", ...(beforeLikelihoods.length ? [`ln p ${name}`] : []), "chosen by"]),
      element("tbody", {}, ...choices.map((choice, i) => element("tr", { className: choice === expected ? "right" : "" },
        element("th", { scope: "row" }, choice + (choice === expected ? "  ✓ expected" : "")),
        element("td", { className: "n" }, figure(nowLikelihoods[i])),
        beforeLikelihoods.length ? element("td", { className: "n" }, figure(beforeLikelihoods[i])) : null,
        element("td", { className: "n" }, [now === i ? "now" : "", before === i ? name : ""].filter(who => who).join(", "))))));

  const answerTable = (row, expected, now, nowLikelihoods, before, beforeLikelihoods, scoreBefore, score, name) => {
    const sum = list => list.length ? figure(list.reduce((total, value) => total + Number(value), 0)) : "";
    const entries = row.kind === 2 ? [] : [["expected", expected], ["now", now], [name, before]];
    if (row.kind !== 0) entries.push(["score now", figure(score)], [`score, ${name}`, figure(scoreBefore)]);
    if (nowLikelihoods.length) entries.push(["ln p now", sum(nowLikelihoods)]);
    if (beforeLikelihoods.length) entries.push([`ln p ${name}`, sum(beforeLikelihoods)]);
    return element("table", {}, element("tbody", {}, ...entries.map(([label, value]) =>
      element("tr", {}, element("th", { scope: "row" }, label), element("td", { dir: "auto" }, value || "(nothing)")))));
  };

  const facts = list => element("dl", { className: "facts" }, ...list.map(([label, value]) =>
    element("div", {}, element("dt", {}, label), element("dd", {}, value || "—"))));

  filter();
  reveal();
})();
