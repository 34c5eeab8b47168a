'use strict';
// Crosshair over all panels, values beside it, lines switched by their names. The page is complete without it.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const NS = 'http://www.w3.org/2000/svg', HEIGHT = data.height, HEADROOM = data.headroom, MOST = 16;
  const [from, to] = data.span, hidden = new Set();
  document.documentElement.classList.add('js');
  const make = (tag, attrs) => {
    const e = document.createElementNS(NS, tag);
    for (const k in attrs) e.setAttribute(k, attrs[k]);
    return e;
  };
  const number = (v) => {
    if (v === 0) return '0';
    const a = Math.abs(v);
    const s = a >= 1e7 || a < 1e-3 ? v.toExponential(2) : String(Number(v.toPrecision(4)));
    return s.replace('-', '\u2212');
  };
  const clock = (t) => {
    const s = Math.abs(t), sign = t < 0 ? '\u2212' : '', two = (n) => String(n).padStart(2, '0');
    if (to - from <= 120) return sign + number(s) + ' s';
    const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60, r = two(Math.floor(s % 60));
    return sign + (h ? h + ':' + two(m) : m) + ':' + r;
  };
  const place = (panel, v) => {
    let [a, b] = panel.range;
    if (panel.log) { if (v <= 0) return null; a = Math.log(a); b = Math.log(b); v = Math.log(v); }
    return HEIGHT - (v - a) / (b - a) * (HEIGHT - HEADROOM);
  };
  const nearest = (t) => {
    let lo = 0, hi = data.t.length - 1;
    while (lo < hi) { const mid = (lo + hi + 1) >> 1; if (data.t[mid] <= t) lo = mid; else hi = mid - 1; }
    return lo;
  };
  const views = [...document.querySelectorAll('[data-panel]')].map((figure) => {
    const panel = data.panels[+figure.dataset.panel], svg = figure.querySelector('.plot svg');
    const layer = make('g', { visibility: 'hidden', 'pointer-events': 'none' });
    const cross = make('line', { class: 'cross', y1: 0, y2: HEIGHT });
    layer.append(cross);
    const dots = panel.lines.map((line) => {
      const dot = make('circle', { r: 3.5, class: 'sw ' + line.classes.split(' ')[0] });
      layer.append(dot);
      return dot;
    });
    svg.append(layer);
    const tip = document.createElement('div');
    tip.className = 'tip';
    tip.hidden = true;
    figure.append(tip);
    return { figure, panel, svg, layer, cross, dots, tip };
  });
  let bin = -1, active = null;
  const fill = (view, share) => {
    const { panel, tip, svg, figure } = view;
    let rows = panel.lines.filter((line) => !hidden.has(line.key) && line.values[bin] !== null);
    const missing = panel.lines.length - rows.length;
    if (rows.length > MOST) rows = rows.sort((a, b) => b.values[bin] - a.values[bin]).slice(0, MOST);
    tip.replaceChildren();
    const line = (className, text) => {
      const e = document.createElement('div');
      e.className = className;
      e.textContent = text;
      tip.append(e);
      return e;
    };
    line('when', clock(data.t[bin]) + (data.bin > 1 ? ' + ' + number(data.bin) + ' s' : ''));
    for (const r of rows) {
      const row = line('row', ''), sample = make('svg', { class: 'chart', width: 18, height: 8 });
      const name = document.createElement('span'), value = document.createElement('b');
      sample.append(make('line', { class: 'ln ' + r.classes, x1: 1, x2: 17, y1: 4, y2: 4 }));
      name.textContent = r.name;
      value.textContent = number(r.values[bin]) + (panel.unit ? ' ' + panel.unit : '');
      row.append(sample, name, value);
    }
    const more = panel.lines.length - missing - rows.length;
    if (more > 0) line('when', 'and ' + more + ' more below');
    if (!rows.length) line('when', 'no value here');
    tip.hidden = false;
    const box = svg.getBoundingClientRect(), outer = figure.getBoundingClientRect();
    const x = box.left - outer.left + share * box.width, left = x + 14 + tip.offsetWidth > outer.width ? x - 14 - tip.offsetWidth : x + 14;
    tip.style.left = Math.max(0, left) + 'px';
    tip.style.top = box.top - outer.top + 6 + 'px';
  };
  const show = () => {
    if (bin < 0) return;
    const t = data.t[bin] + data.bin / 2, share = (t - from) / (to - from), x = share * 100 + '%';
    for (const view of views) {
      view.layer.setAttribute('visibility', 'visible');
      view.cross.setAttribute('x1', x);
      view.cross.setAttribute('x2', x);
      view.dots.forEach((dot, i) => {
        const line = view.panel.lines[i], v = line.values[bin], y = v === null || hidden.has(line.key) ? null : place(view.panel, v);
        dot.setAttribute('cx', x);
        dot.setAttribute('cy', y === null ? 0 : y);
        dot.style.display = y === null ? 'none' : '';
      });
      if (view === active) fill(view, share); else view.tip.hidden = true;
    }
  };
  const hide = () => {
    bin = -1;
    active = null;
    for (const view of views) { view.layer.setAttribute('visibility', 'hidden'); view.tip.hidden = true; }
  };
  for (const view of views) {
    const plot = view.figure.querySelector('.plot');
    if (!data.t.length) continue;
    plot.tabIndex = 0;
    const at = (event) => {
      const box = view.svg.getBoundingClientRect(), share = (event.clientX - box.left) / box.width;
      active = view;
      bin = nearest(from + Math.min(1, Math.max(0, share)) * (to - from));
      show();
    };
    plot.addEventListener('pointermove', at);
    plot.addEventListener('pointerdown', at);
    plot.addEventListener('pointerleave', hide);
    plot.addEventListener('blur', hide);
    plot.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
      if (event.key === 'Escape') hide();
      if (step === undefined) return;
      event.preventDefault();
      active = view;
      bin = Math.min(data.t.length - 1, Math.max(0, (bin < 0 ? 0 : bin) + step));
      show();
    });
  }
  const apply = () => {
    for (const e of document.querySelectorAll('.panel [data-k]')) {
      const off = hidden.has(e.dataset.k);
      if (e.tagName === 'BUTTON') e.setAttribute('aria-pressed', String(!off));
      else e.classList.toggle('off', off);
    }
    show();
  };
  for (const button of document.querySelectorAll('.legend button')) {
    button.addEventListener('click', (event) => {
      const key = button.dataset.k;
      if (event.shiftKey || event.altKey) {
        // Alone, or everything again.
        const others = [...button.parentNode.querySelectorAll('button')].map((b) => b.dataset.k).filter((k) => k !== key);
        const alone = others.length > 0 && others.every((k) => hidden.has(k));
        hidden.delete(key);
        for (const k of others) if (alone) hidden.delete(k); else hidden.add(k);
      } else if (!hidden.delete(key)) hidden.add(key);
      apply();
    });
  }
})();
