// Gives pages of lists when there is no network, as they were kept by themselves.
"use strict";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

const patience = 5000; // milliseconds for a network that hardly is one

addEventListener("fetch", (event) => {
  const { request } = event, { pathname } = new URL(request.url);
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && /^\/a\/A\d+\/list$/.test(pathname)) {
    event.respondWith(fresh(request));
  } else if (pathname.startsWith("/assets/")) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});

async function fresh(request) {
  const kept = await caches.match(request, { ignoreVary: true });
  if (!kept) return fetch(request);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(patience) });
    return answer.status >= 500 ? kept : answer;
  } catch {
    return kept;
  }
}
