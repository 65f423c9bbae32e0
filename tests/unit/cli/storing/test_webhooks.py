from custodes.cli.storing.webhooks import webhooks


def test_a_webhook_is_set_up_by_the_customers_owner_and_its_secret_shown_once(house):
    world = house.world
    customer = ("--customer", world.customer_row.id)
    line = ("webhook", "add", "https://town.example/hook", *customer, "--name", "Archive")
    made = house.json(*line, who=world.olga)
    assert made["arn"] == f"arn:custodes:sns::{world.customer_row.id}:{made['id']}"
    (listed,) = house.json("webhook", "list", *customer, who=world.olga)["webhooks"]
    assert (listed["url"], listed["shows_names"], listed["waiting"]) == (
        "https://town.example/hook",
        False,
        0,
    )
    shown = house.run("webhook", "list", *customer, who=world.olga)
    assert made["secret"] not in shown.stdout
    assert house.run(*line, who=world.ada).exit_code == 1  # the trustee opens no way out of a customer's data
    assert house.json("webhook", "end", made["id"], who=world.olga)["webhooks"] == []
    assert house.run("webhook", "end", made["id"], who=world.olga).exit_code == 1
    assert set(webhooks.commands) == {"list", "add", "end"}
