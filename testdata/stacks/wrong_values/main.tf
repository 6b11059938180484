variable "n" {
  type = number
}

resource "tencentcloud_vpc" "a" {
  name       = "a"
  cidr_block = "300.0.0.0/16"
}

resource "tencentcloud_eip" "b" {
  internet_max_bandwidth_out = [1]
}

resource "terraform_data" "c" {
  input = 1 + "x"
}
