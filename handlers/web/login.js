// Asks DingTalk's client for a code and comes back with it.
"use strict";
const { corp, state, next } = document.body.dataset;
dd.requestAuthCode({ corpId: corp }).then(
  ({ code }) => location.replace(next + "?" + new URLSearchParams({ code, state })),
  () => {
    document.getElementById("wait").hidden = true;
    document.getElementById("fault").hidden = false;
  },
);
