// Package metrics counts what the authority does, for Prometheus. Labels are
// ports, routes, statuses and kinds: nothing in them names a person, a case, a
// certificate or a workstation, and no stranger can make more of them.
//
// New makes the counters; Observe puts them around the handler of a port, and
// Handler answers the questions of Prometheus, on a port of its own.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"salter/ca/authority"
)

// Metrics are the counters of one process.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	working  *prometheus.GaugeVec
}

// New makes the counters; numbers is asked how the authority stands, at most
// every ten seconds, when somebody asks for them.
func New(numbers func(context.Context) (authority.Numbers, error), log *slog.Logger) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "salter_requests_total", Help: "Requests answered."},
			[]string{"port", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "salter_request_seconds", Help: "Time from a request's header to the end of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"port", "route"}),
		working: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "salter_requests_in_work", Help: "Requests that are not answered yet."}, []string{"port"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.working, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &standing{numbers: numbers, log: log, now: time.Now})
	return m
}

// Handler serves GET /metrics and nothing else.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	return mux
}

// Observe counts the requests of a port. h is a ServeMux at its heart, which
// names the route of each request.
func (m *Metrics) Observe(port string, h http.Handler) http.Handler {
	working := m.working.WithLabelValues(port)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		working.Inc()
		answer := &answer{ResponseWriter: w, status: http.StatusOK}
		defer func() { // also when the handler breaks off
			working.Dec()
			route := r.Pattern
			if route == "" {
				route = "none"
			}
			m.requests.WithLabelValues(port, route, strconv.Itoa(answer.status)).Inc()
			m.seconds.WithLabelValues(port, route).Observe(time.Since(start).Seconds())
		}()
		h.ServeHTTP(answer, r)
	})
}

// answer remembers the status.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// standing asks the authority how it stands; what it says is good for a while,
// so that nobody who asks can make the database busy.
type standing struct {
	numbers func(context.Context) (authority.Numbers, error)
	log     *slog.Logger
	now     func() time.Time

	mu   sync.Mutex
	at   time.Time         // mu
	last authority.Numbers // mu
	err  error             // mu
}

// standingTime is that while.
const standingTime = 10 * time.Second

// What a standing tells.
var (
	descUp = prometheus.NewDesc("salter_database_up", "1 if the database answers.", nil, nil)
	descWS = prometheus.NewDesc("salter_workstations", "Workstations in the register.", []string{"state"}, nil)
	descAl = prometheus.NewDesc("salter_alarms", "Open alarms; status tells what they are about.", []string{"kind"}, nil)
	descHo = prometheus.NewDesc("salter_holds_old", "Certificates on hold for longer than the policy expects; at most 100 are counted.", nil, nil)
	descPr = prometheus.NewDesc("salter_certificates_prepared", "Certificates with a serial number and no signature yet.", nil, nil)
	descLi = prometheus.NewDesc("salter_crl_next_update_timestamp_seconds", "When the published list of revoked certificates ends.", []string{"list"}, nil)
)

// Describe implements prometheus.Collector.
func (s *standing) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descWS, descAl, descHo, descPr, descLi} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (s *standing) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	n, err := s.look()
	if err != nil {
		gauge(descUp, 0)
		return
	}
	gauge(descUp, 1)
	for state, count := range n.Workstations {
		gauge(descWS, float64(count), state)
	}
	for kind, count := range n.Alarms {
		gauge(descAl, float64(count), kind)
	}
	gauge(descHo, float64(n.Holds))
	gauge(descPr, float64(n.Prepared))
	for list, ends := range n.Lists {
		gauge(descLi, float64(ends.Unix()), list)
	}
}

func (s *standing) look() (authority.Numbers, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now().Sub(s.at) < standingTime {
		return s.last, s.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if s.last, s.err = s.numbers(ctx); s.err != nil {
		s.log.Error("numbers could not be read", "error", s.err)
	}
	s.at = s.now()
	return s.last, s.err
}
