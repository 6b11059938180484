resource "tencentcloud_vpc" "main" {
  name       = "one"
  cidr_block = "10.1.0.0/16"
  tags       = { owner = "a", cost = "1" }

  lifecycle {
    prevent_destroy = true
    ignore_changes  = [tags["cost"]]
  }
}

resource "terraform_data" "follows" {
  lifecycle {
    replace_triggered_by = [tencentcloud_vpc.main.name]
  }
}
