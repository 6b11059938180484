resource "tencentcloud_vpc" "main" {
  name       = "one"
  cidr_block = "10.0.0.0/16"
}

resource "terraform_data" "after" {
  input = tencentcloud_vpc.main.name
}

resource "terraform_data" "apart" {
  input = 1
}

resource "terraform_data" "gone" {}
