resource "tencentcloud_vpc" "main" {
  name       = "two"
  cidr_block = "10.0.0.0/16"
  tags       = { owner = "a", cost = "2" }

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
