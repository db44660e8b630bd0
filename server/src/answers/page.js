// Public answering: asks for the form by the token in the address, hands one response in, and keeps
// nothing: a phone may be shared. Written for old web views (ES2017, no modules).
(function () {
  "use strict";
  // Chinese, English.
  var WORDS = {
    title: ["讲到 · 反馈答卷", "Jiangdao · Feedback"],
    other: ["English", "中文"],
    loading: ["正在打开…", "Opening…"],
    anonymous: ["不记名：不保存是谁填的，也不保存几点填的。", "Anonymous: neither who nor at what time is kept."],
    place: ["地点：", "Place: "],
    optional: ["（选填）", " (optional)"],
    low: ["不能", "Not at all"],
    high: ["完全能", "Fully"],
    send: ["提交", "Submit"],
    sending: ["正在提交…", "Submitting…"],
    missing: ["请回答：", "Please answer: "],
    wrong: ["请检查：", "Please check: "],
    otherText: ["请写明“其他”：", "Say what the other is: "],
    other_: ["其他", "Other"],
    most: ["最多选 {} 项", "At most {}"],
    range: ["{} 到 {} 的整数", "A whole number from {} to {}"],
    least: ["不小于 {} 的整数", "A whole number of at least {}"],
    greatest: ["不大于 {} 的整数", "A whole number of at most {}"],
    whole: ["整数", "A whole number"],
    part: ["这一题需要更新的网页才能填，可以不答。", "This question needs a newer page; it can be left out."],
    network: ["没有网络，还没有提交。请有信号后再点一次。", "No network; nothing was handed in. Tap again once there is signal."],
    unopened: ["打不开，请检查网络。", "Cannot open; check the network."],
    failed: ["没有提交成功，请稍后再点一次。", "It was not handed in; tap again in a moment."],
    many: ["现在人太多，请稍后再试。", "Too many at the moment; try again shortly."],
    over: ["这个答卷链接已经失效或结束。", "This link is not valid any more."],
    newer: ["这份表单需要更新的网页，请稍后重新打开。", "This form needs a newer page; open it again later."],
    thanks: ["谢谢，已经收到", "Thank you, it has arrived"],
    lead: ["可以关闭这个网页了。", "You may close this page."],
    next: ["下一位填写", "Next person"],
    again: ["再试一次", "Try again"]
  };
  var english = false;
  var main = document.getElementById("main");
  var button = document.getElementById("lang");
  var session = location.pathname.split("/")[2] || "";
  var token = location.hash.slice(1);
  // What the server gave out for one response; the answers of whoever holds the phone; what is shown.
  var given = null;
  var answers = {};
  var shown = load;

  function say(word) {
    return WORDS[word][english ? 1 : 0];
  }

  function both(text) {
    return (english && text.en) || text.zh;
  }

  // Text only ever becomes text: nothing that somebody wrote is read as HTML.
  function make(name, attributes, children) {
    var element = document.createElement(name);
    Object.keys(attributes || {}).forEach(function (key) {
      if (key === "on") {
        element.addEventListener(attributes.on[0], attributes.on[1]);
      } else {
        element.setAttribute(key, attributes[key]);
      }
    });
    (children || []).forEach(function (child) {
      element.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
    });
    return element;
  }

  function show(children) {
    document.documentElement.lang = english ? "en" : "zh-CN";
    document.title = say("title");
    button.textContent = say("other");
    button.lang = english ? "zh-CN" : "en";
    button.hidden = false;
    main.textContent = "";
    children.forEach(function (child) {
      main.appendChild(child);
    });
  }

  function ask(path, body) {
    return fetch(path, {
      method: "POST",
      credentials: "omit",
      cache: "no-store",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body)
    }).then(function (answer) {
      return answer.json().then(function (value) {
        return { ok: answer.ok, value: value };
      });
    });
  }

  function says(problem, otherwise) {
    if (problem.code === "too_many" || problem.code === "busy") {
      return say("many");
    }
    return say(problem.code === "answering_ended" ? "over" : otherwise);
  }

  function load() {
    given = null;
    answers = {};
    show([make("p", { class: "card", role: "status" }, [say("loading")])]);
    ask("/api/v1/answers/form", { session: session, token: token }).then(function (answer) {
      if (!answer.ok) {
        return stop(answer.value);
      }
      given = answer.value;
      form();
    }).catch(function () {
      stop({ code: "" });
    });
  }

  function stop(problem) {
    shown = function () {
      var over = problem.code === "answering_ended" || problem.code === "malformed";
      var children = [make("p", { role: "alert" }, [over ? say("over") : says(problem, "unopened")])];
      if (!over) {
        children.push(make("button", { type: "button", class: "main", on: ["click", load] }, [say("again")]));
      }
      show([make("div", { class: "card" }, children)]);
    };
    shown();
  }

  // As at the session's own place, whatever the phone's time zone is.
  function moment(ms) {
    var at = new Date(ms + 8 * 3600000);
    function two(n) {
      return (n < 10 ? "0" : "") + n;
    }
    return at.getUTCFullYear() + "-" + two(at.getUTCMonth() + 1) + "-" + two(at.getUTCDate()) + " " +
      two(at.getUTCHours()) + ":" + two(at.getUTCMinutes());
  }

  // What follows is the form engine of shared/src/form in small: what is shown, what is kept, what is wrong.
  var KINDS = { rating: rating, single: choices, multiple: choices, number: line, date: line, text: text, section: section };

  function isKnown(question) {
    var when = question.shown_if;
    return Object.prototype.hasOwnProperty.call(KINDS, question.type) &&
      (!when || when.is !== undefined || (when.one_of || []).length > 0 || typeof when.at_least === "number");
  }

  function isAsked(question) {
    return isKnown(question) && question.type !== "section";
  }

  function matches(answer, wanted) {
    if (Array.isArray(answer)) {
      return answer.some(function (one) {
        return matches(one, wanted);
      });
    }
    return typeof answer === "object" ? wanted === "other" : answer === wanted;
  }

  function holds(when, kept) {
    var answer = kept[when.question];
    if (answer === undefined) {
      return false;
    }
    var among = when.one_of || [];
    return (when.is === undefined || matches(answer, when.is)) &&
      (among.length === 0 || among.some(function (wanted) {
        return matches(answer, wanted);
      })) &&
      (typeof when.at_least !== "number" || (typeof answer === "number" && answer >= when.at_least));
  }

  function cleaned(question, answer) {
    if (typeof answer === "string") {
      answer = answer.trim();
      if (question.type === "number" && /^[+-]?\d{1,15}$/.test(answer)) {
        return Number(answer);
      }
      return answer === "" ? undefined : answer;
    }
    return Array.isArray(answer) && answer.length === 0 ? undefined : answer;
  }

  // The word for what is wrong, or nothing.
  function wrong(question, answer) {
    if (answer === undefined) {
      return question.required ? "missing" : "";
    }
    var chosen = [].concat(answer);
    if (chosen.some(function (one) {
      return typeof one === "object" && one.other.trim() === "";
    })) {
      return "otherText";
    }
    function out(value) {
      return (typeof question.min === typeof value && value < question.min) ||
        (typeof question.max === typeof value && value > question.max);
    }
    var bad = (question.type === "multiple" && question.most && chosen.length > question.most) ||
      (question.type === "number" && (typeof answer !== "number" || out(answer))) ||
      (question.type === "date" && out(answer)) ||
      (question.type === "text" && Array.from(answer).length > question.max_chars);
    return bad ? "wrong" : "";
  }

  function walk() {
    var found = { shown: {}, kept: {}, wrong: [] };
    given.form.questions.forEach(function (question) {
      if (isKnown(question) && question.shown_if && !holds(question.shown_if, found.kept)) {
        return;
      }
      found.shown[question.id] = true;
      if (!isAsked(question)) {
        return;
      }
      var answer = cleaned(question, answers[question.id]);
      var word = wrong(question, answer);
      if (word) {
        found.wrong.push({ question: question, word: word });
      } else if (answer !== undefined) {
        found.kept[question.id] = answer;
      }
    });
    return found;
  }

  // Nothing is drawn anew while somebody writes: what is not asked now is only hidden.
  function refresh() {
    var shown = walk().shown;
    given.form.questions.forEach(function (question) {
      document.getElementById("q-" + question.id).hidden = !shown[question.id];
    });
  }

  function answered(question, answer) {
    answers[question.id] = answer;
    refresh();
  }

  function form() {
    shown = form;
    // A form of which this page knows no question must not look as if it were answered.
    if (!given.form.questions.some(isAsked)) {
      return show([make("p", { class: "card", role: "alert" }, [say("newer")])]);
    }
    var about = given.session;
    var fault = make("p", { class: "bad", role: "alert", id: "fault" });
    var send = make("button", { type: "submit", class: "main" }, [say("send")]);
    var parts = given.form.questions.map(function (question) {
      return isKnown(question) ? KINDS[question.type](question) : newer(question);
    });
    var head = [make("h1", { tabindex: "-1" }, [about.title]), make("p", { class: "soft" }, [
      about.org_name + " · " + moment(about.starts_ms) + (about.ends_ms ? "–" + moment(about.ends_ms).slice(11) : "")
    ])];
    if (about.venue) {
      head.push(make("p", { class: "soft" }, [say("place") + about.venue]));
    }
    head.push(make("p", {}, [say("anonymous")]));
    show(head.concat([make("form", {
      autocomplete: "off",
      novalidate: "",
      on: ["submit", function (event) {
        event.preventDefault();
        hand(send, fault);
      }]
    }, parts.concat([fault, send]))]));
    refresh();
  }

  function section(question) {
    return make("h2", { id: "q-" + question.id }, [both(question.text)]);
  }

  function newer(question) {
    return make("div", { class: "card", id: "q-" + question.id }, [
      make("b", {}, [both(question.text)]), make("p", { class: "soft" }, [say("part")])
    ]);
  }

  function filled(word, values) {
    return values.reduce(function (text, value) {
      return text.replace("{}", value);
    }, say(word));
  }

  // What a question asks for beside its text.
  function hint(question) {
    if (question.type === "multiple") {
      return question.most ? filled("most", [question.most]) : "";
    }
    if (question.type !== "number") {
      return "";
    }
    var min = typeof question.min === "number", max = typeof question.max === "number";
    if (min && max) {
      return filled("range", [question.min, question.max]);
    }
    return min ? filled("least", [question.min]) : max ? filled("greatest", [question.max]) : say("whole");
  }

  function asks(question) {
    return both(question.text) + (question.required ? "" : say("optional"));
  }

  function rating(question) {
    var marks = [];
    for (var mark = 1; mark <= question.scale; mark += 1) {
      marks.push(one(question, mark));
    }
    return make("fieldset", { id: "q-" + question.id }, [
      make("legend", {}, [asks(question)]),
      make("div", { class: "marks" }, marks),
      make("div", { class: "ends" }, [
        make("span", {}, ["1 " + say("low")]),
        make("span", {}, [question.scale + " " + say("high")])
      ])
    ]);
  }

  function one(question, mark) {
    var input = make("input", {
      type: "radio",
      name: question.id,
      value: String(mark),
      on: ["change", function () {
        answered(question, mark);
      }]
    });
    input.checked = answers[question.id] === mark;
    if (question.required) {
      input.required = true;
    }
    return make("label", {}, [input, make("span", {}, [String(mark)])]);
  }

  // One of several, or any of several; with words of one's own where the form takes them.
  function choices(question) {
    var many = question.type === "multiple";
    function chosen() {
      return many ? answers[question.id] || [] : [].concat(answers[question.id] === undefined ? [] : answers[question.id]);
    }
    function own(one) {
      return typeof one === "object";
    }
    function choose(one, on, same) {
      var now = chosen().filter(function (other) {
        return many && !same(other);
      }).concat(on ? [one] : []);
      answered(question, many ? now : now[0]);
    }
    function pick(label, start, same) {
      var input = make("input", { type: many ? "checkbox" : "radio", name: question.id, on: ["change", function () {
        choose(start(), input.checked, same);
      }] });
      input.checked = chosen().some(same);
      return make("label", {}, [input, make("span", {}, [label])]);
    }
    var parts = question.options.map(function (option) {
      return pick(both(option.text), function () {
        return option.id;
      }, function (one) {
        return one === option.id;
      });
    });
    if (question.other) {
      var before = chosen().filter(own)[0];
      var words = make("input", { type: "text", autocomplete: "off", maxlength: "200", "aria-label": say("other_"), on: ["input", function () {
        choose({ other: words.value }, true, own);
        box.firstChild.checked = true;
      }] });
      words.value = before ? before.other : "";
      var box = pick(say("other_"), function () {
        return { other: words.value };
      }, own);
      parts.push(make("div", { class: "other" }, [box, words]));
    }
    var about = hint(question);
    return make("fieldset", { id: "q-" + question.id }, [
      make("legend", {}, [asks(question)].concat(about ? [make("small", {}, [about])] : [])),
      make("div", { class: "choices" }, parts)
    ]);
  }

  // A number or a day.
  function line(question) {
    var number = question.type === "number";
    var input = make("input", { type: number ? "text" : "date", name: question.id, autocomplete: "off", on: ["input", function () {
      answered(question, input.value);
    }] });
    if (number) {
      input.setAttribute("inputmode", question.min >= 0 ? "numeric" : "text");
    } else {
      input.min = question.min || "";
      input.max = question.max || "";
    }
    input.value = answers[question.id] === undefined ? "" : answers[question.id];
    return field(question, input);
  }

  function text(question) {
    var area = make(question.one_line ? "input" : "textarea", {
      name: question.id,
      autocomplete: "off",
      maxlength: String(question.max_chars),
      on: ["input", function () {
        answered(question, area.value);
      }]
    });
    area.rows = 3;
    area.value = answers[question.id] || "";
    return field(question, area);
  }

  function field(question, input) {
    input.required = question.required;
    var about = hint(question);
    return make("label", { class: "text", id: "q-" + question.id }, [
      make("b", {}, [asks(question)].concat(about ? [make("small", {}, [about])] : [])), input
    ]);
  }

  function point(question, word, fault) {
    fault.textContent = say(word) + (both(question.short) || both(question.text));
    var place = document.getElementById("q-" + question.id);
    place.querySelector("input, textarea").focus();
    place.scrollIntoView();
  }

  function hand(send, fault) {
    var found = walk();
    if (found.wrong.length > 0) {
      return point(found.wrong[0].question, found.wrong[0].word, fault);
    }
    fault.textContent = "";
    send.disabled = true;
    send.textContent = say("sending");
    button.disabled = true;
    function back(message) {
      send.disabled = false;
      button.disabled = false;
      send.textContent = say("send");
      fault.textContent = message;
    }
    ask("/api/v1/answers", {
      token: token,
      id: given.id,
      form: given.form.id,
      version: given.form.version,
      answers: found.kept
    }).then(function (answer) {
      if (answer.ok && (answer.value.st === "ok" || answer.value.st === "dup")) {
        button.disabled = false;
        answers = {};
        given = null;
        shown = thanks;
        return thanks();
      }
      back(says(answer.value, "failed"));
      var id = String(answer.value.detail || "").split(":")[0];
      var asked = given.form.questions.filter(function (question) {
        return question.id === id && isAsked(question);
      })[0];
      if (answer.value.code === "answer_wrong" && asked) {
        point(asked, "wrong", fault);
      }
    }).catch(function () {
      back(say("network"));
    });
  }

  function thanks() {
    show([make("div", { class: "card thanks", role: "status" }, [
      make("h1", { tabindex: "-1" }, [say("thanks")]),
      make("p", {}, [say("lead")])
    ]), make("button", { type: "button", on: ["click", load] }, [say("next")])]);
    main.focus();
    window.scrollTo(0, 0);
  }

  button.addEventListener("click", function () {
    english = !english;
    shown();
  });
  // A page that comes back as it was would show what the last person wrote, under a used id.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      load();
    }
  });
  window.addEventListener("hashchange", function () {
    token = location.hash.slice(1);
    load();
  });
  load();
})();
