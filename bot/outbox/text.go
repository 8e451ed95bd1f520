package outbox

// markRepeat begins a message that may have arrived once before.
const markRepeat = "【可能重复】"
