//! Synthetic series: a ramp into saturation, and an autoscaler that answers it.

/// Services with their CPU demand per request in seconds.
pub const SERVICES: [(&str, f64); 6] = [
    ("gateway", 0.004),
    ("gateway-envoy", 0.0012),
    ("ms-exercise", 0.015),
    ("ms-exercise-envoy", 0.0009),
    ("ms-other", 0.002),
    ("postgres", 0.0031),
];
/// When `ms-exercise` changes its number of replicas: second, before, after.
pub const SCALINGS: [(f64, f64, f64); 3] = [(96.0, 1.0, 2.0), (168.0, 2.0, 4.0), (292.0, 4.0, 2.0)];

const FIRST_S: i32 = -20;
const LAST_S: i32 = 330;

/// One value a second; `None` where nothing was "measured".
pub type Series = Vec<Option<f64>>;

/// All series of the run.
pub struct Run {
    pub t_s: Vec<f64>,
    pub offered_per_s: Series,
    pub completed_per_s: Series,
    pub failed_per_s: Series,
    pub p50_ms: Series,
    pub p95_ms: Series,
    pub p99_ms: Series,
    pub in_flight: Series,
    /// By service, in the order of [`SERVICES`].
    pub cpu_cores: Vec<Series>,
    pub memory_bytes: Vec<Series>,
    pub replicas: Vec<Series>,
}

impl Run {
    /// The run with the noise of `seed`.
    pub fn new(seed: u64) -> Self {
        let mut noise = Noise(seed);
        let t_s: Vec<f64> = (FIRST_S..LAST_S).map(f64::from).collect();
        let mut run = Self {
            offered_per_s: Vec::new(),
            completed_per_s: Vec::new(),
            failed_per_s: Vec::new(),
            p50_ms: Vec::new(),
            p95_ms: Vec::new(),
            p99_ms: Vec::new(),
            in_flight: Vec::new(),
            cpu_cores: vec![Vec::new(); SERVICES.len()],
            memory_bytes: vec![Vec::new(); SERVICES.len()],
            replicas: vec![Vec::new(); SERVICES.len()],
            t_s: t_s.clone(),
        };
        let mut mood = 0.0;
        for t_s in t_s {
            mood = 0.8 * mood + 0.2 * noise.next();
            run.second(t_s, mood, &mut noise);
        }
        run
    }

    fn second(&mut self, t_s: f64, mood: f64, noise: &mut Noise) {
        let loaded = (0.0..300.0).contains(&t_s);
        let offered = if loaded { 12.0 + 168.0 * (t_s / 210.0).min(1.0) } else { 0.0 };
        let replicas = SCALINGS.iter().fold(1.0, |now, (at, _, to)| if t_s >= *at { *to } else { now });
        let capacity = replicas * 0.95 / SERVICES[2].1;
        let completed = (offered * (1.0 + 0.035 * noise.next() + 0.05 * mood)).min(capacity).max(0.0);
        let load = (offered / capacity).min(0.97);
        let p50 = 21.0 * (1.0 + 0.05 * noise.next()) / (1.0 - 0.82 * load.powi(3));
        let p95 = p50 * (2.1 + 0.2 * noise.next().abs() + 1.3 * load.powi(4));
        let p99 = p95 * (1.35 + 0.3 * noise.next().abs());
        let failed = if loaded && load > 0.93 { 1.5 + 1.5 * noise.next() } else { 0.0 };
        let seen = |value: f64| loaded.then_some(value);
        self.offered_per_s.push(seen(offered));
        self.completed_per_s.push(seen(completed));
        self.failed_per_s.push(seen(failed.max(0.0)));
        self.p50_ms.push(seen(p50));
        self.p95_ms.push(seen(p95));
        self.p99_ms.push(seen(p99));
        self.in_flight.push(seen(completed * p50 * 1.25 / 1000.0));
        for (i, (_, demand_s)) in SERVICES.iter().enumerate() {
            let idle = 0.004 + 0.001 * i as f64;
            let cpu = idle + completed * demand_s * (1.0 + 0.03 * noise.next());
            let lost = i == 4 && (196.0..214.0).contains(&t_s) && t_s != 205.0;
            self.cpu_cores[i].push((!lost).then_some(cpu));
            let own = if i == 2 { replicas } else { 1.0 };
            let base = [38.0, 24.0, 52.0, 24.0, 35.0, 148.0][i] * own;
            let grown = base + (t_s + 20.0) * [0.02, 0.004, 0.06, 0.004, 0.015, 0.11][i] + 0.4 * noise.next();
            self.memory_bytes[i].push(Some(grown * 1024.0 * 1024.0));
            self.replicas[i].push(Some(own));
        }
    }
}

/// Roughly normal noise, mean 0 and variance 1, from a 64-bit linear congruential generator.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..12 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sum += (self.0 >> 11) as f64 / (1_u64 << 53) as f64;
        }
        sum - 6.0
    }
}
