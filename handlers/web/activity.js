// The page of an activity: sends the code of a scan at once, and checks in by where
// the phone says it is.
"use strict";

const check = document.getElementById("check");
if (check && "send" in check.dataset) {
  check.requestSubmit();
}

const place = document.getElementById("place");
if (place) {
  place.hidden = false; // without this script there is no location
  place.addEventListener("submit", async (event) => {
    event.preventDefault();
    const says = place.querySelector("[role=status]"), button = place.querySelector("button");
    button.disabled = true;
    says.textContent = "正在定位……";
    try {
      Object.entries(await locate()).forEach(([name, value]) => { place.elements[name].value = value ?? ""; });
      place.submit();
    } catch {
      button.disabled = false;
      says.textContent = "没有得到定位。请允许定位再试，或者输入屏幕上的签到码，或请组织者登记。";
    }
  });
}

// locate asks the client that the page is opened in, or else the browser.
async function locate() {
  if (window.ww || window.dd) {
    const answer = await fetch("/a/client?page=" + encodeURIComponent(location.pathname + location.search));
    if (answer.ok) {
      const { config } = await answer.json();
      return window.ww ? inWeCom(config) : inDingTalk(config);
    }
  }
  return new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(
    ({ coords }) => resolve({ lat: coords.latitude, lng: coords.longitude, accuracy: coords.accuracy, system: "wgs84" }),
    reject, { enableHighAccuracy: true, timeout: 20000, maximumAge: 0 },
  ));
}

async function inWeCom(config) {
  const { timestamp, nonceStr } = config;
  ww.register({
    corpId: config.corpId, agentId: config.agentId, jsApiList: ["getLocation"],
    getConfigSignature: () => ({ timestamp, nonceStr, signature: config.signature }),
    getAgentConfigSignature: () => ({ timestamp, nonceStr, signature: config.agentSignature }),
  });
  const at = await ww.getLocation({ type: "gcj02" });
  return { lat: at.latitude, lng: at.longitude, accuracy: at.accuracy, system: "gcj02" };
}

async function inDingTalk(config) {
  if (config.agentId) {
    dd.config({
      corpId: config.corpId, agentId: config.agentId, timeStamp: config.timestamp, nonceStr: config.nonceStr,
      signature: config.signature, type: 0, jsApiList: ["device.geolocation.get"],
    });
  }
  const at = await new Promise((onSuccess, onFail) => {
    dd.error(onFail);
    dd.ready(() => dd.device.geolocation.get({ targetAccuracy: 200, coordinate: 1, withReGeocode: false, useCache: false, onSuccess, onFail }));
  });
  return { lat: at.latitude, lng: at.longitude, accuracy: at.accuracy, system: "gcj02", mock: at.isFromMock ? "1" : "" };
}
