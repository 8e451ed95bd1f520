// Asks DingTalk's client for a code and comes back with it.
"use strict";
const { corp, state, next } = document.body.dataset;
const failed = () => {
  document.getElementById("wait").hidden = true;
  document.getElementById("fault").hidden = false;
};
if (window.dd) {
  dd.ready(() => dd.runtime.permission.requestAuthCode({
    corpId: corp, onFail: failed,
    onSuccess: ({ code }) => location.replace(next + "?" + new URLSearchParams({ code, state })),
  }));
} else {
  failed(); // its script did not load
}
