resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "terraform_data" "later" {
  input = 1
  lifecycle {
    postcondition {
      condition     = self.input == 1
      error_message = "never"
    }
  }
}

check "vpc" {
  data "tencentcloud_vpc_instances" "all" {
    vpc_id = tencentcloud_vpc.main.id
  }
  assert {
    condition     = length(data.tencentcloud_vpc_instances.all.instance_list) == 1
    error_message = "no such network"
  }
}
