package handlers

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the service's figures in Prometheus' form. Names and labels hold
// nothing of a message or a person.
type Metrics struct {
	registry *prometheus.Registry
	messages *prometheus.CounterVec
	took     prometheus.Histogram
	sends    *prometheus.CounterVec
	refused  *prometheus.CounterVec
	reminded *prometheus.CounterVec
}

// NewMetrics returns figures that are all zero.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "xietiao_messages_total", Help: "Messages answered, by status of the answer.",
		}, []string{"status"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "xietiao_message_seconds", Help: "Time from a verified message to its stored reply.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 3, 10},
		}),
		sends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "xietiao_sends_total", Help: "Tries to send a notice, by channel and outcome.",
		}, []string{"via", "outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "xietiao_callbacks_refused_total", Help: "Callbacks that were refused, by address and status.",
		}, []string{"path", "status"}),
		reminded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "xietiao_reminder_passes_total", Help: "Looks at which reminders are due, by outcome: ok or failed.",
		}, []string{"outcome"}),
	}
	m.registry.MustRegister(m.messages, m.took, m.sends, m.refused, m.reminded,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Message counts a message that was answered.
func (m *Metrics) Message(status string, took time.Duration) {
	m.messages.WithLabelValues(status).Inc()
	m.took.Observe(took.Seconds())
}

// Send counts one try to send a notice.
func (m *Metrics) Send(via, outcome string) { m.sends.WithLabelValues(via, outcome).Inc() }

// Refused counts a callback that was refused.
func (m *Metrics) Refused(path string, status int) {
	m.refused.WithLabelValues(path, strconv.Itoa(status)).Inc()
}

// Reminded counts one look at which reminders are due.
func (m *Metrics) Reminded(ok bool) {
	outcome := "ok"
	if !ok {
		outcome = "failed"
	}
	m.reminded.WithLabelValues(outcome).Inc()
}

// Gauge adds a figure that is read when somebody asks; value is called from
// many goroutines and must not block for long.
func (m *Metrics) Gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// ServeHTTP writes the figures.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}
