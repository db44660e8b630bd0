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

  function asked() {
    return given.form.questions.filter(function (question) {
      return question.type === "rating" || question.type === "text";
    });
  }

  function form() {
    shown = form;
    // A form of which this page knows no question must not look as if it were answered.
    if (asked().length === 0) {
      return show([make("p", { class: "card", role: "alert" }, [say("newer")])]);
    }
    var about = given.session;
    var fault = make("p", { class: "bad", role: "alert", id: "fault" });
    var send = make("button", { type: "submit", class: "main" }, [say("send")]);
    var parts = asked().map(function (question) {
      return question.type === "rating" ? rating(question) : text(question);
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
  }

  function words(question) {
    return both(question.text) + (question.required ? "" : say("optional"));
  }

  function rating(question) {
    var marks = [];
    for (var mark = 1; mark <= question.scale; mark += 1) {
      marks.push(one(question, mark));
    }
    return make("fieldset", { id: "q-" + question.id }, [
      make("legend", {}, [words(question)]),
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
        answers[question.id] = mark;
      }]
    });
    input.checked = answers[question.id] === mark;
    if (question.required) {
      input.required = true;
    }
    return make("label", {}, [input, make("span", {}, [String(mark)])]);
  }

  function text(question) {
    var area = make("textarea", {
      rows: "3",
      name: question.id,
      autocomplete: "off",
      maxlength: String(question.max_chars),
      on: ["input", function () {
        answers[question.id] = area.value;
      }]
    });
    area.value = answers[question.id] || "";
    area.required = question.required;
    return make("label", { class: "text", id: "q-" + question.id }, [make("b", {}, [words(question)]), area]);
  }

  function empty(question) {
    var answer = answers[question.id];
    return question.required && (answer === undefined || answer === "");
  }

  function point(question, word, fault) {
    fault.textContent = say(word) + both(question.short);
    var place = document.getElementById("q-" + question.id);
    place.querySelector("input, textarea").focus();
    place.scrollIntoView();
  }

  function hand(send, fault) {
    var missing = asked().filter(empty)[0];
    if (missing) {
      return point(missing, "missing", fault);
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
      answers: answers
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
      var wrong = asked().filter(function (question) {
        return question.id === id;
      })[0];
      if (answer.value.code === "answer_wrong" && wrong) {
        point(wrong, "wrong", fault);
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
