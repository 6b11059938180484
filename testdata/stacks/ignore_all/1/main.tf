resource "tencentcloud_vpc" "main" {
  name       = "one"
  cidr_block = "10.0.0.0/16"

  lifecycle {
    ignore_changes = all
  }
}

resource "terraform_data" "t" {
  input = 1
}
