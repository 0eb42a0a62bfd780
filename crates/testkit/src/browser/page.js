// Finds things on a page the way a person names them. Runs inside the page, before every action of a test.

const squeeze = (text) => (text || "").replace(/\s+/g, " ").trim();

// What a person reads of a label, without the marks around it.
const bare = (text) => squeeze(text).replace(/\s*(\*|（必填）|（选填）|\(必填\)|\(选填\))\s*$/, "");

const isShown = (element) =>
  element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;

const KINDS = {
  click: "a[href], button, summary, [role=button], [role=tab], [role=menuitem], input[type=submit], input[type=button]",
  field:
    "input:not([type=hidden], [type=radio], [type=checkbox], [type=submit], [type=button], [type=file]), textarea, select",
  option: "input[type=radio], input[type=checkbox]",
  file: "input[type=file]",
};

const labelText = (label) => {
  const copy = label.cloneNode(true);
  copy.querySelectorAll("input, select, textarea, button, script, style").forEach((inner) => inner.remove());
  return copy.textContent;
};

const names = (element) => {
  const all = [element.getAttribute("aria-label"), element.title];
  for (const id of (element.getAttribute("aria-labelledby") || "").split(" ")) {
    all.push(id && document.getElementById(id)?.textContent);
  }
  if (element.labels) {
    all.push(...[...element.labels].map(labelText));
  }
  if (element.matches(KINDS.click)) {
    all.push(element.innerText, element.type === "submit" || element.type === "button" ? element.value : "");
    all.push(...[...element.querySelectorAll("img[alt]")].map((image) => image.alt));
  }
  return all.map(bare).filter((name) => name !== "");
};

// 0: its very name; 1: begins so; 2: contains it.
const rank = (element, wanted) => {
  const ranks = names(element).map((name) =>
    name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.includes(wanted) ? 2 : 9,
  );
  return Math.min(9, ...ranks);
};

// Where its middle is, it is what a click would meet.
const inSight = (element) => {
  const box = element.getBoundingClientRect?.();
  if (!box) return false;
  const met = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return !!met && (element === met || element.contains(met));
};

// The innermost thing around an element that also shows this text.
const surrounding = (element, text) => {
  let place = element;
  while (place && !squeeze(place.textContent).includes(text)) {
    place = place.parentElement;
  }
  return place;
};

// Those elements whose surrounding is within everybody else's: the ones a person would say stand there.
const nearest = (elements, text) => {
  const placed = elements.map((element) => [surrounding(element, text), element]).filter(([place]) => place);
  const within = placed.filter(([place]) => !placed.some(([other]) => other !== place && place.contains(other)));
  return within.map(([, element]) => element);
};

const best = (elements, wanted) => {
  const least = Math.min(...elements.map((element) => rank(element, wanted)));
  return elements.filter((element) => rank(element, wanted) === least);
};

const describe = (element) => names(element)[0] || element.name || element.id || element.tagName.toLowerCase();

// The one element so named, or a sentence saying why there is none.
const find = (kind, name, around) => {
  const wanted = bare(name);
  const usable = [...document.querySelectorAll(KINDS[kind])].filter(
    (element) => !element.disabled && (isShown(element) || [...(element.labels || [])].some(isShown) || kind === "file"),
  );
  let found = usable.filter((element) => rank(element, wanted) < 9);
  if (around) {
    found = nearest(found, squeeze(around));
  }
  found = best(found, wanted);
  // Two links to the same place are the same choice.
  if (found.length > 1 && found[0].href && found.every((link) => link.href === found[0].href)) {
    found = found.slice(0, 1);
  }
  const place = around ? ` near “${around}”` : "";
  if (found.length === 1) {
    return found[0];
  }
  const verb = { click: "click", field: "fill", option: "choose", file: "give a file to" }[kind];
  if (found.length > 1) {
    return `${found.length} things to ${verb} are called “${name}”${place}: say near which text`;
  }
  const there = usable.map(describe).slice(0, 40).join(" | ");
  return `nothing to ${verb} is called “${name}”${place}; there are: ${there || "none"}`;
};

// Sets what a person would pick from a list or a calendar; typing is the caller's.
const pick = (element, value) => {
  if (element.tagName === "SELECT") {
    const option = [...element.options].find((one) => bare(one.text) === bare(value));
    if (!option) {
      return `“${value}” is not in the list: ${[...element.options].map((one) => one.text).join(" | ")}`;
    }
    element.value = option.value;
  } else if (["date", "time", "month", "week", "datetime-local", "color", "range"].includes(element.type)) {
    element.value = value;
    if (element.value !== value) {
      return `“${value}” is not a value for ${element.type}`;
    }
  } else {
    return null;
  }
  element.dispatchEvent(new Event("input", { bubbles: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
  return "picked";
};

// What a radio button's or checkbox's owner would press: the control itself, or its label where it is hidden.
const pressable = (element) => (isShown(element) ? element : [...(element.labels || [])].find(isShown) || element);

const isInScroller = (element) => {
  for (let place = element.parentElement; place && place !== document.body; place = place.parentElement) {
    if (getComputedStyle(place).overflowX !== "visible") {
      return true;
    }
  }
  return false;
};

// What sticks out of the screen on the right, widest first.
const overflow = (width) => {
  const page = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
  if (page <= width) {
    return [];
  }
  const out = [...document.body.querySelectorAll("*")].filter(
    (element) => element.getBoundingClientRect().right + scrollX > width + 0.5 && !isInScroller(element),
  );
  const said = out.map((element) => {
    const box = element.getBoundingClientRect();
    const classes = [...element.classList].map((name) => `.${name}`).join("");
    return `<${element.tagName.toLowerCase()}${classes}> reaches ${Math.round(box.right + scrollX)} px: ${squeeze(element.textContent).slice(0, 40)}`;
  });
  return [`the page is ${page} px wide on a screen of ${width}`, ...said.slice(-8)];
};
