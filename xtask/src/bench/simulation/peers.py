"""M/M/4 at a load of 0.8 in SimPy and in Ciw: customers and seconds of CPU, a line each.

Run by `cargo xtask bench simulation`, with the number of customers.
"""

import random
import sys
import time

CUSTOMERS = int(sys.argv[1])
WORKERS, LOAD = 4, 0.8


def simpy_run():
    import simpy

    draw = random.Random(1)
    env = simpy.Environment()
    workers = simpy.Resource(env, capacity=WORKERS)
    waited = []

    def customer():
        came = env.now
        with workers.request() as turn:
            yield turn
            waited.append(env.now - came)
            yield env.timeout(draw.expovariate(1.0))

    def arrivals():
        for _ in range(CUSTOMERS):
            yield env.timeout(draw.expovariate(WORKERS * LOAD))
            env.process(customer())

    env.process(arrivals())
    env.run()
    return len(waited), sum(waited) / len(waited)


def ciw_run():
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(WORKERS * LOAD)],
        service_distributions=[ciw.dists.Exponential(1.0)],
        number_of_servers=[WORKERS],
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(CUSTOMERS, method="Finish")
    waited = [record.waiting_time for record in simulation.get_all_records()]
    return len(waited), sum(waited) / len(waited)


for name, run in (("SimPy", simpy_run), ("Ciw", ciw_run)):
    began = time.process_time()
    count, wait = run()
    seconds = time.process_time() - began
    print(f"| {name} | {count} | {seconds:.2f} s | {count / seconds:.0f} | {wait:.3f} |", flush=True)
