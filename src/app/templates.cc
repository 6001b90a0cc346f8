#include "app/templates.h"

#include <array>

namespace tailrace::app {
namespace {

constexpr std::string_view kHello = R"(pipeline: hello
description: A stream that fills itself with a hundred greetings a second, for ten seconds

streams:
  greetings:
    schema:
      id:         int
      name:       string
      greeted_at: timestamp

sources:
  greeter:
    type: generate
    sql: |
      SELECT i AS id, ['Ada', 'Edsger', 'Grace'][1 + i % 3] AS name,
             TIMESTAMP '2024-01-01 00:00:00' + to_seconds(i) AS greeted_at
    rows: 1000
    rate: 100
    into: greetings

# Kept up to date as records come: no query runs over old records again.
tables:
  greetings_by_name:
    sql: SELECT name, count(*) AS greetings, max(greeted_at) AS last FROM greetings GROUP BY ALL

# Runs when it is read.
views:
  most_greeted:
    sql: SELECT name, greetings FROM greetings_by_name ORDER BY greetings DESC, name LIMIT 1

apis:
  greetings_by_name: {}    # GET /api/greetings_by_name

tests:
  - name: who is greeted twice is greeted most
    defaults: {greetings: {greeted_at: "2024-01-01T00:00:00Z"}}
    given:
      greetings: [{id: 1, name: Ada}, {id: 2, name: Grace}, {id: 3, name: Grace}]
    expect:
      greetings_by_name: [{name: Ada, greetings: 1}, {name: Grace, greetings: 2}]
      most_greeted: [{name: Grace}]
)";

constexpr std::string_view kShop = R"(pipeline: shop
description: Orders posted by a till; revenue, the order as a document, and an API

streams:
  orders:
    key: order_id                  # records of one order stay in order
    schema:
      order_id: string
      product:  string
      quantity: int
      price:    decimal(12,2)      # money is never a double
      customer: int?               # may be null or absent
      sold_at:  timestamp

sources:
  till:                            # a door of its own beside POST /streams/orders
    type: http
    route: POST /orders
    into: orders

tables:
  order_lines:                     # a row for each record
    sql: SELECT *, quantity * price AS amount FROM orders
  revenue_by_hour:                 # kept incrementally
    sql: |
      SELECT date_trunc('hour', sold_at) AS hour, product, sum(quantity * price) AS revenue, sum(quantity) AS items
      FROM orders GROUP BY ALL

views:
  revenue_by_product:
    sql: SELECT product, sum(revenue) AS revenue, sum(items) AS items FROM revenue_by_hour GROUP BY ALL

collections:
  orders_by_id:                    # one document for each order, one attribute for each product in it
    sql: |
      SELECT order_id AS key, json_object(product, json_object('quantity', quantity, 'price', price)) AS document, customer
      FROM orders
    merge: attributes
    index: [customer]

apis:
  best_sellers:                    # GET /api/best_sellers?limit=3
    params: {limit: int = 10 max 100}
    sql: SELECT * FROM revenue_by_product ORDER BY revenue DESC, product LIMIT $limit
  order: {params: {id: string}, document: orders_by_id, key: id}

tests:
  - name: a returned mug lowers the revenue
    defaults: {orders: {product: mug, price: 2.50, sold_at: "2024-01-01T10:30:00Z"}}
    given: {orders: [{order_id: "1", quantity: 4}, {order_id: "2", quantity: -1}]}
    expect:
      revenue_by_product: [{product: mug, revenue: 7.5, items: 3}]
      apis: [{get: best_sellers?limit=1, rows: [{product: mug}]}]
  - name: a till that sends half a mug is told so
    requests:
      - {send: POST /orders, body: {order_id: "1", product: mug, quantity: 0.5, price: 2.50, sold_at: "2024-01-01T10:30:00Z"}, status: 422}
    expect:
      order_lines: []
      dead_letters: {orders: [{stage: schema, pointer: /quantity}]}
  - name: an order is one document
    defaults: {orders: {order_id: "7", customer: 42, price: 1, sold_at: "2024-01-01T10:30:00Z"}}
    given: {orders: [{product: mug, quantity: 1}, {product: spoon, quantity: 6}]}
    expect:
      documents: [{get: orders_by_id/7, has: {mug: {quantity: 1}, spoon: {quantity: 6}}}]
)";

constexpr std::array kTemplates = {
    Template{"hello", "a stream that fills itself, a table and a view over it", kHello,
             "curl http://{address}/api/greetings_by_name\n"
             "tailrace sql 'FROM most_greeted'\n"},
    Template{
        "shop", "records over HTTP, tables, documents and an API", kShop,
        "curl http://{address}/orders --json "
        "'{\"order_id\":\"1\",\"product\":\"mug\",\"quantity\":6,\"price\":2.55,\"sold_at\":\"2024-01-04T10:00Z\"}'\n"
        "curl http://{address}/api/best_sellers\n"
        "curl 'http://{address}/api/order?id=1'\n"},
};

}  // namespace

std::span<const Template> Templates() { return kTemplates; }

const Template* FindTemplate(std::string_view name) {
  for (const Template& one : kTemplates) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

}  // namespace tailrace::app
