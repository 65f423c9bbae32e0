// Uploads files with progress: large ones in parts, of which a lost one is sent again. Without this script the
// form sends one file by itself.
"use strict";
(() => {
  const box = document.querySelector("[data-files]");
  if (!box) return;
  const words = JSON.parse(box.dataset.words);
  const { place, prefix, language } = box.dataset;
  const form = box.querySelector("form");
  const token = form.elements.csrf.value;
  const PART_BYTES = 16 * 1024 * 1024;
  const PARTS_MAX = 1000;
  const TRIES = 4;
  const AT_ONCE = 2;
  const PASSING = new Set([0, 408, 429, 502, 503, 504]); // worth another try by itself
  const list = box.querySelector("[data-list]");
  const summary = box.querySelector("[role=status]");
  const waiting = [];
  const state = { running: 0, done: 0 };

  const size = (bytes) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let value = bytes;
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit += 1;
    }
    return `${new Intl.NumberFormat(language, { maximumFractionDigits: unit ? 1 : 0 }).format(value)} ${units[unit]}`;
  };
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const make = (name, given = {}, ...inside) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  };
  const button = (text, does) => {
    const made = make("button", { type: "button", class: "cu-plain" }, text);
    made.addEventListener("click", does);
    return made;
  };
  const failed = (status, said) => ({ status, code: said.code || "", text: said.text || words.failed });

  const post = (job, path, body, headers, progressed) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      job.request = request;
      request.open("POST", path);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => progressed(event.loaded));
      request.addEventListener("load", () => {
        let said = {};
        try {
          said = JSON.parse(request.responseText);
        } catch {
          said = request.status === 401 ? { text: words.signedOut } : {};
        }
        if (request.status < 300) resolve(said);
        else reject(failed(request.status, said));
      });
      request.addEventListener("error", () => reject(failed(0, { text: words.lost })));
      request.addEventListener("abort", () => reject(failed(-1, { text: words.cancelled })));
      request.send(body);
    });
  const patiently = async (job, does) => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await does();
      } catch (error) {
        if (job.isCancelled || !PASSING.has(error.status) || tried === TRIES) throw error;
        job.say(words.again, error.text);
        await pause(1000 * 2 ** (tried - 1));
        if (job.isCancelled) throw failed(-1, { text: words.cancelled });
      }
    }
  };
  const query = (given) => new URLSearchParams({ ...given, lang: language }).toString();
  const asForm = (job, path, fields) =>
    post(job, `${path}?${query({})}`, new URLSearchParams({ ...fields, csrf: token }).toString(), {
      "content-type": "application/x-www-form-urlencoded",
    }, () => {});
  const asBody = (job, fields, blob, before) =>
    post(job, `${place}/files?${query({ ...fields, name: job.name })}`, blob, {
      "x-form-token": token,
      "content-type": job.file.type || "application/octet-stream",
    }, (loaded) => job.progressed(before + loaded));

  const inOne = (job) =>
    patiently(job, () => asBody(job, job.replaces ? { replace: "true" } : {}, job.file, 0));
  const inParts = async (job) => {
    const replace = job.replaces ? { replace: "yes" } : {};
    const about = { name: job.name, type: job.file.type || "" };
    if (!job.upload) {
      const begun = await patiently(job, () => asForm(job, `${place}/uploads`, { ...about, ...replace }));
      job.upload = begun.upload;
      job.parts = [];
    }
    const step = Math.max(PART_BYTES, Math.ceil(job.file.size / PARTS_MAX));
    for (let first = job.parts.length * step; first < job.file.size; first += step) {
      const part = job.file.slice(first, first + step);
      const number = String(job.parts.length + 1);
      const sent = await patiently(job, () => asBody(job, { upload: job.upload, number }, part, first));
      job.parts.push(sent.etag);
    }
    const end = { name: job.name, parts: job.parts.join(","), ...replace };
    await patiently(job, () => asForm(job, `${place}/uploads/${job.upload}`, end));
  };
  const drop = async (job) => {
    if (!job.upload) return;
    const upload = job.upload;
    job.upload = "";
    await asForm(job, `${place}/uploads/${upload}`, { name: job.name, drop: "yes" }).catch(() => {});
  };

  const tell = () => {
    const left = waiting.length + state.running;
    summary.textContent = left ? `${words.left} ${left}` : state.done ? `${words.allDone} ${state.done}` : "";
    box.querySelector("[data-look]").hidden = Boolean(left) || !state.done;
  };
  const next = () => {
    while (state.running < AT_ONCE && waiting.length) run(waiting.shift());
    tell();
  };
  const run = async (job) => {
    state.running += 1;
    job.isCancelled = false;
    job.offer(button(words.cancel, () => job.cancel()));
    job.say(words.sending);
    try {
      await (job.file.size > PART_BYTES ? inParts : inOne)(job);
      job.progressed(job.file.size);
      job.say(words.done);
      job.offer();
      state.done += 1;
    } catch (error) {
      job.failed(error);
    } finally {
      state.running -= 1;
      next();
    }
  };
  const add = (file) => {
    const name = prefix + file.name;
    const bar = make("progress", { max: String(Math.max(file.size, 1)), value: "0", "aria-label": name });
    const said = make("p", { class: "cu-files__said", tabindex: "-1" });
    const buttons = make("div", { class: "cu-files__buttons" });
    const row = make("li", {}, make("p", { class: "cu-name" }, make("strong", {}, name), ` · ${size(file.size)}`), bar, said, buttons);
    const leave = () => {
      row.remove();
      input.focus(); // whoever works by keyboard stays where he was
      tell();
    };
    const job = {
      file,
      name,
      replaces: false,
      upload: "",
      parts: [],
      progressed: (bytes) => {
        bar.value = Math.min(bytes, file.size) || 0;
        if (job.request && bytes < file.size) said.textContent = `${words.sending} ${size(bytes)} / ${size(file.size)}`;
      },
      say: (...texts) => {
        said.textContent = texts.join(" ");
      },
      offer: (...given) => {
        const had = buttons.contains(document.activeElement);
        buttons.replaceChildren(...given);
        if (had) (given[0] || said).focus();
      },
      cancel: () => {
        job.isCancelled = true;
        if (job.request) job.request.abort();
      },
      failed: (error) => {
        row.classList.toggle("cu-files__bad", !job.isCancelled);
        if (job.isCancelled) {
          job.say(words.cancelled);
          job.offer(button(words.retry, () => job.retry()));
          drop(job);
        } else if (error.code === "precondition-failed" || error.code === "conditional-conflict") {
          job.say(words.exists);
          job.offer(
            button(words.replace, () => {
              job.replaces = true;
              job.retry();
            }),
            button(words.leave, () => {
              drop(job);
              leave();
            }),
          );
        } else {
          job.say(error.text);
          if (error.code === "upload-absent") job.upload = "";
          job.offer(button(words.retry, () => job.retry()), button(words.leave, () => (drop(job), leave())));
        }
      },
      retry: () => {
        row.classList.remove("cu-files__bad");
        job.offer();
        waiting.push(job);
        next();
      },
    };
    list.append(row);
    waiting.push(job);
  };
  const take = (files) => {
    for (const file of files) add(file);
    next();
  };

  const input = form.elements.file;
  input.multiple = true;
  for (const one of form.querySelectorAll("[data-one]")) one.hidden = true;
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  box.querySelector("[data-drop]").hidden = false;
  for (const name of ["dragover", "dragenter"]) {
    box.addEventListener(name, (event) => {
      event.preventDefault();
      box.classList.add("cu-files--over");
    });
  }
  for (const name of ["dragleave", "drop"]) box.addEventListener(name, () => box.classList.remove("cu-files--over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    take([...event.dataTransfer.items].filter((one) => one.kind === "file" && !one.webkitGetAsEntry?.()?.isDirectory).map((one) => one.getAsFile()));
  });
  window.addEventListener("beforeunload", (event) => {
    if (state.running) event.preventDefault();
  });
})();
