resource "tencentcloud_vpc" "main" {
  name       = "two"
  cidr_block = "10.1.0.0/16"

  lifecycle {
    ignore_changes = all
  }
}

resource "terraform_data" "t" {
  input = 2
}
